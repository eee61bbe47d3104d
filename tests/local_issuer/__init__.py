"""The local issuers as services and the command meet them."""
