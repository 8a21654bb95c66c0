// Most of what tests take is waiting: for leases, and for processes that start and die. So more fixtures at once than there are processors;
// the tests of one fixture share its database and come one after the other.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
