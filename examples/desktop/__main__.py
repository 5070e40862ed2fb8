"""Where does `python -m desktop` begin, and how does it end?"""

import sys

from desktop.app import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
