using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage;

namespace Mlops.Tuning.Tests;

/// <summary>The values of a trial are chosen before it exists, so that a kill leaves none without.</summary>
public abstract partial class StudyConformance
{
    private const int Guesses = 4;

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public async Task The_values_of_a_trial_are_chosen_before_it_exists(bool isLagged, bool hasKey)
    {
        var chooser = new Chooser(_database);
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = chooser, Determinism = isLagged ? Determinism.Lag(1) : null });

        for (int number = 0; number < 4; number++)
        {
            Trial trial = await study.AskAsync(hasKey ? $"key {number}" : null);
            Assert.That((trial.Number, trial.Claim.Proposal), Is.EqualTo((number, number > (isLagged ? 1 : 0) ? "{\"x\":0.25}" : "{}")));
            await study.TellAsync(trial, Ask(trial));
        }

        Assert.That(chooser.Chosen, Is.EqualTo(new (int, long)[] { (0, 0), (1, 1), (2, 2), (3, 3) }), "the number that was chosen for, and how many trials there were");
    }

    [Test]
    public async Task A_trial_that_somebody_else_takes_over_first_leaves_none_without_values()
    {
        await (await OpenStudyAsync()).AskAsync();
        var chooser = new Chooser(_database);

        // What looks lost before the ask is held again at the ask.
        await using var studies = new Studies(_database, timeProvider: _time, leaseClock: new LookingAhead(_clock));
        Study study = await studies.OpenAsync("s", Direction.Minimize, new() { Sampler = chooser });
        Trial trial = await study.AskAsync();

        Assert.That(trial.Number, Is.EqualTo(1));
        Assert.That(chooser.Chosen, Is.EqualTo(new (int, long)[] { (1, 1) }));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Whoever_is_overtaken_again_and_again_chooses_while_the_study_waits(bool isLagged)
    {
        var options = new StudyOptions { Sampler = new RandomSampler(), Determinism = isLagged ? Determinism.Lag(50) : null };
        Study fast = await NewProcess().OpenAsync("s", Direction.Minimize, options);
        Task<Trial>? last = null;
        bool hasWaited = false;
        var chooser = new Chooser(_database);
        chooser.Choosing = call =>
        {
            last = Task.Run(() => fast.AskAsync());
            if (call <= Guesses)
            {
                last.GetAwaiter().GetResult();
            }
            else
            {
                hasWaited = !last.Wait(50);
            }
        };
        var logger = new FakeLogger<Studies>();
        await using var studies = new Studies(_database, timeProvider: _time, leaseClock: _clock, logger: logger);
        options.Sampler = chooser;
        Study slow = await studies.OpenAsync("s", Direction.Minimize, options);

        Trial trial = await slow.AskAsync();

        Assert.That(chooser.Chosen, Is.EqualTo(Enumerable.Range(0, Guesses + 1).Select(static number => (number, (long)number))));
        Assert.That((trial.Number, (await last!).Number, hasWaited), Is.EqualTo((Guesses, Guesses + 1, true)));
        Assert.That(trial.Claim.Proposal, Is.EqualTo((await ProposalsAsync())[Guesses]));
        Assert.That(logger.Collector.GetSnapshot().Count(static record => record.Id.Id == 7014), Is.EqualTo(1));
    }

    private ValueTask<List<string>> ProposalsAsync() => _database.QueryAsync("SELECT proposal FROM tuning_trial ORDER BY number", static row => row.GetString(0), CancellationToken.None);

    /// <summary>Proposes a quarter for x, and remembers for which number, and how many trials there were.</summary>
    private sealed class Chooser(Database database) : ISampler
    {
        public string Name => "chooser";

        public List<(int Number, long Trials)> Chosen { get; } = [];

        /// <summary>Called with how often values have been chosen.</summary>
        public Action<int> Choosing { get; set; } = static _ => { };

        public StudySampler ForStudy(StudySpace space) => new Choice(this, database);

        private sealed class Choice(Chooser owner, Database database) : StudySampler
        {
            public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
            {
                List<long> trials = database.QueryAsync("SELECT count(*) FROM tuning_trial", static row => row.GetInt64(0), CancellationToken.None).AsTask().GetAwaiter().GetResult();
                owner.Chosen.Add((context.Number, trials[0]));
                owner.Choosing(owner.Chosen.Count);
                if (context.Finished.Column("x").Length > 0)
                {
                    proposal["x"] = 0.25;
                }
            }

            public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => 0.25;
        }
    }

    /// <summary>Is ahead by some leases at every other look, the first one included.</summary>
    private sealed class LookingAhead(FakeLeaseClock clock) : ILeaseClock
    {
        private int _looks;

        public long Read(SqlSession session) => clock.Read(session) + (_looks++ % 2 == 0 ? 3 * (long)Lease.TotalMicroseconds : 0);
    }
}
