"""The shapes that content takes in and gives out, by what they are about."""
