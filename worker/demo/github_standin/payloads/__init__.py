"""The JSON shapes of GitHub's answers and webhooks, one builder per shape.

Pure functions of the records. GitHub's description marks nearly every member required, URLs
above all; they are all here, so that each answer can be held to that description.
"""
