"""`pod_app serve` in which two places fail, with the words of what they were given, when that ends in «-defect»."""

import sys

from pod_app.cli import main
from pod_app.identity.credentials import Credentials
from pod_app.identity.sessions import Sessions


def failing(given, answer):
    """`answer`, or a defect that quotes its second argument: what careless code of ours might do one day."""

    def either(self, value=None, *others, **named):
        if value is not None and value.endswith("-defect"):
            raise RuntimeError(f"cannot understand {value!r} of {others!r}") from ValueError(value)
        return answer(self, value, *others, **named)

    either.__doc__ = given
    return either


if __name__ == "__main__":
    Sessions.find = failing("a cookie", Sessions.find)
    Credentials.agent = failing("an Authorization header", Credentials.agent)
    main(sys.argv[1:])
