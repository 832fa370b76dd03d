"""Code that runs inside the sandbox: the standard library and the user's own framework only.

The folder is mounted into the sandbox and started by path; there it is the package
``_faultline_inside``, so its modules import each other relatively and never by "analyzer...".
"""
