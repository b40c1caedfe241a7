"""A bibliography style whose labels are the words by which the text cites: author and year."""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle


class AuthorYear(BaseLabelStyle):
    def format_labels(self, sorted_entries):
        labels = [self.label(entry) for entry in sorted_entries]
        for n, label in enumerate(labels):
            yield label + "abcdefgh"[labels[:n].count(label)] if labels.count(label) > 1 else label

    @staticmethod
    def label(entry):
        names = ["".join(person.prelast_names + person.last_names) for person in entry.persons["author"]]
        who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
        return f"{who.replace('{', '').replace('}', '')} {entry.fields['year']}"


class AuthorYearStyle(Style):
    default_label_style = AuthorYear


def setup(app):
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
