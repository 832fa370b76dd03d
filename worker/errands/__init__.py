"""Short work besides reviews: commands in comments, buttons, closed pull requests, installations.

Each errand is a Celery task on the queue of plans. It may be interrupted anywhere and done again:
a reaction that stands already is not made twice, a reply carries a hidden marker, and a review
that is asked for is a delivery of its own, named after the one that asked.
"""
