"""How much a template may ask for.

Together the limits bound time and memory of one compilation and one rendering, whatever the
template and the data: about a second and some tens of megabytes at worst.
"""

from towpath.templates.model import TemplateRenderError

# Compiling
SOURCE_CHARACTERS_MAX = 512 * 1024
TAGS_MAX = 5_000
TAG_CHARACTERS_MAX = 2_000
TAG_WORDS_MAX = 100
BLOCK_NESTING_MAX = 30
FILTERS_MAX = 20  # of one expression
LOOKUPS_MAX = 20  # steps of one dotted name
INTEGER_BITS_MAX = 256
MESSAGE_CHARACTERS_MAX = 300  # of a syntax error, which may quote the tag

# Rendering
OUTPUT_BYTES_MAX = 1024 * 1024
SUBJECT_CHARACTERS_MAX = 500
LOOP_ITERATIONS_MAX = 10_000
WORK_UNITS_MAX = 100_000  # one unit is about one tag or filter, a few microseconds
VALUE_CHARACTERS_MAX = 100_000  # a text going into or coming out of a filter
VALUE_DEPTH_MAX = 100  # of lists in lists printed as text
LIST_ITEMS_MAX = 10_000  # a list coming out of a filter
WIDTH_MAX = 1_000  # characters that `center`, `ljust`, `stringformat` and their like may fill
DECIMAL_PLACES_MAX = 30
NUMBER_DIGITS_MAX = 64  # on either side of the decimal point
PARSED_CHARACTERS_MAX = 20_000  # a text that a filter takes apart: tags, addresses, words
DATE_FORMAT_CHARACTERS_MAX = 100

# What a unit of work pays for
CHARACTERS_READ_PER_UNIT = 200
CHARACTERS_MADE_PER_UNIT = 20
ITEMS_READ_PER_UNIT = 10


class Budget:
    """What is left of the limits of one rendering."""

    __slots__ = ("_characters", "_iterations", "_work")

    def __init__(self) -> None:
        """Start with everything unspent."""
        self._characters = OUTPUT_BYTES_MAX
        self._iterations = LOOP_ITERATIONS_MAX
        self._work = WORK_UNITS_MAX

    def write(self, characters: int) -> None:
        """Pay for text that goes to the output; a character is at least one byte."""
        self._characters -= characters
        if self._characters < 0:
            raise output_too_large()

    def iterate(self, work: int) -> None:
        """Pay for one turn of a loop whose body holds `work` tags and texts."""
        self._iterations -= 1
        if self._iterations < 0:
            raise TemplateRenderError(
                f"The loops of the template run more than {LOOP_ITERATIONS_MAX:,} times in all; "
                "shorten the list with slice."
            )
        self.work(work)

    def work(self, units: int) -> None:
        """Pay for work."""
        self._work -= units
        if self._work < 0:
            raise TemplateRenderError(
                "The template does too much work for one message; shorten its loops and filters."
            )


def output_too_large() -> TemplateRenderError:
    """Say that the rendered message is too long."""
    return TemplateRenderError(f"The rendered message is larger than {OUTPUT_BYTES_MAX:,} bytes.")
