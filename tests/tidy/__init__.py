"""A rule without a check is a wish (style rule 28): these are the checks that no tool brings."""
