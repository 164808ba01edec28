"""The property manager’s side: the book, import, signing, pushing, receipts."""
