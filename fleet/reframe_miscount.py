"""The suite as a ReFrame test: one job a node. `fleet/measure reframe` runs it."""

import os

import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.builtins import run_before, sanity_function, variable


@rfm.simple_test
class Miscount(rfm.RunOnlyRegressionTest):
    """Measures a node, alone on it. `--distribute=all` makes one of it for each node of a partition.

    Results are below the stage folder, or the output folder if all went well: `miscount gather` finds them in both.
    """

    # What `fleet/measure` has built.
    build = variable(str)
    # Names of benches, with spaces between; all of them by default.
    benches = variable(str, value="")

    descr = "shared counters and locks: cost and lost updates"
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    sourcesdir = None
    num_tasks = 1
    exclusive_access = True
    time_limit = "4h"
    keep_files = ["results"]
    # Where a job ends with another status, ReFrame's ssh scheduler brings nothing home. The sanity check tells.
    postrun_cmds = ["true"]

    @run_before("run")
    def measure_this_node(self):
        self.executable = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node")
        self.executable_opts = [self.build, "results", *self.benches.split()]

    @sanity_function
    def all_benches_went_well(self):
        return sn.assert_found(r"^fleet: .*: done$", self.stdout, msg="a bench failed: see the job's standard error")
