"""The rules of recognition: what is rewarded, how it is booked, and who may earn and be ranked."""

from services.recognition.domain import board, ledger, rules, stays

__all__ = ["board", "ledger", "rules", "stays"]
