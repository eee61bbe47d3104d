"""The questions that sharing asks its database, by what they are about."""
