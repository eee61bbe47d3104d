"""The checker of a text against a company's rules (C4), pure, so that everybody runs the same."""
