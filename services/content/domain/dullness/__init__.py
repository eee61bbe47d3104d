"""Why a text would bore a network, said before the network is bored (C5).

Nothing here blocks anybody: it is advice, with its reasons, and every reason can be looked up.
"""
