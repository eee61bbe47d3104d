"""Networks: one adapter each, behind one port, so that rules never meet a network's habits."""
