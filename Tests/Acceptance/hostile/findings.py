"""What one case finds: it goes on after a statement that does not hold, so that a failure shows all of them."""


class Findings:
    def __init__(self):
        self.count = 0
        self.failures = []
        self.notes = []

    def check(self, holds, statement, detail=""):
        self.count += 1
        if not holds:
            self.failures.append("%s%s" % (statement, ": %s" % (detail,) if detail != "" else ""))
        return bool(holds)

    def equal(self, got, wanted, statement):
        return self.check(got == wanted, statement, "got %s, wanted %s" % (shown(got), shown(wanted)))

    def note(self, text):
        """A measured figure, printed whether or not the case passes."""
        self.notes.append(text)


def shown(value):
    text = repr(value)
    return text if len(text) <= 300 else "%s... (%d characters)" % (text[:300], len(text))
