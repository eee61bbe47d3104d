"""The questions that recognition asks its database."""

from services.recognition.store import board, ledger, people, rules

__all__ = ["board", "ledger", "people", "rules"]
