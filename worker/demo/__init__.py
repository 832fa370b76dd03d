"""The main job end to end on one machine, with a stand-in for GitHub and everything else real."""


def run() -> int:
    """Runs the demo, prints what happens, and returns its exit status: 0 when all came true."""
    from worker.demo.walkthrough import run as walk  # late: brings a web server along

    return walk()
