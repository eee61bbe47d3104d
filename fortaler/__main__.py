"""`python -m fortaler` is the operator's command."""

from fortaler.command import main

main()
