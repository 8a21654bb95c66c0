// Most of what tests take is waiting: for leases, and for processes that start and die. So more fixtures at once than there are processors;
// the tests of one fixture come one after the other. What reads the meters and sources of the process is not parallelizable.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
