"""Release text to typed observations with their place in the text (发布文字提取): one extractor for ingest and checker.

Precision goes before recall: a number that cannot be bound to indicator, subject, period and unit is told as
unbound, with the reason, and never guessed.
"""

from qinggong.reading.blocks import read_blocks
from qinggong.reading.documents import Document, read_document
from qinggong.reading.figures import Reading
from qinggong.reading.phrases import read_text
from qinggong.reading.writer import Block, Cell, DocumentError

__all__ = ["Block", "Cell", "Document", "DocumentError", "Reading", "read_blocks", "read_document", "read_text"]
