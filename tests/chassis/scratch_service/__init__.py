"""A made-up service that sits the chassis's exam: counters that advance, and tallies of them."""
