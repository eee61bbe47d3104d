"""The questions that content asks its database, by what they are about."""
