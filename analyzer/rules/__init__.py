"""Verification rules, one file each; `all_rules` finds them."""
