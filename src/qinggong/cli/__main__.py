"""``python -m qinggong.cli`` is the command ``qinggong``."""

from qinggong.cli import main

if __name__ == "__main__":
    main()
