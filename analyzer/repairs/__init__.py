"""Repairs: per kind of fault, the small edits that may mend it; experiments tell which one does."""
