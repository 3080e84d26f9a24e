"""What an editor wants to know about a text, without any protocol: pure functions over an `Analysis`.

Positions are offsets in characters; the language server turns them into lines and columns of its client.
Nothing here imports NumPy, xDSL or cryptography: an editor waits for the answer.
"""
