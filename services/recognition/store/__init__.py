"""The questions that recognition asks its database."""

from services.recognition.store import board, early, ledger, people, rules

__all__ = ["board", "early", "ledger", "people", "rules"]
