"""The English edition (英文版) of a bulletin from the same facts."""

from qinggong.publish.english.edition import finished

__all__ = ["finished"]
