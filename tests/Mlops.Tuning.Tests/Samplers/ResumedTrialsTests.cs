namespace Mlops.Tuning.Tests;

/// <summary>A trial that goes on after a pause has two places in the history: samplers learn from the later one.</summary>
public sealed class ResumedTrialsTests
{
    private static readonly ParameterDomain Range = ParameterDomain.Real(0, 1);

    private static readonly Dictionary<string, ISampler> Samplers = new()
    {
        ["tpe"] = new TpeSampler(),
        ["nsga-ii"] = new NsgaIISampler(),
        ["regularized-evolution"] = new RegularizedEvolutionSampler(),
        ["cfo"] = new CostFrugalSampler(),
        ["cma-es"] = new CmaEsSampler { Population = 10, StartupTrials = 0 },
        ["auto"] = new AutoSampler(),
    };

    /// <summary>
    /// Twenty trials, so that no population is full; every fifth paused and went on at once. Of eleven every turn is the Gaussian process's: CMA-ES keeps a pause in a generation that is over.
    /// </summary>
    [Test]
    public void A_pause_that_a_trial_has_left_behind_counts_for_nothing([ValueSource(nameof(Names))] string name)
    {
        var space = new StudySpace("s", [Direction.Minimize], 4);
        int trials = name == "auto" ? 11 : 20;
        TrialHistory plain = History(space, trials, static _ => false, later: 0);
        TrialHistory paused = History(space, trials, static number => number % 5 == 2, later: 0);

        Assert.That(paused.Count, Is.EqualTo(trials + ((trials + 2) / 5)));
        Assert.That(Chosen(Samplers[name].ForStudy(space), space, paused, paused.Count), Is.EqualTo(Chosen(Samplers[name].ForStudy(space), space, plain, trials)));
    }

    /// <summary>Those that paused go on while others finish, so that they are running, and for some views have not come back yet.</summary>
    [Test]
    public void A_trial_chooses_the_same_whatever_views_were_followed_in_between([ValueSource(nameof(Names))] string name)
    {
        var space = new StudySpace("s", [Direction.Minimize], 4);
        TrialHistory history = History(space, 60, static number => number % 4 == 1, later: 3);
        StudySampler sampler = Samplers[name].ForStudy(space);
        var random = new Random(5);
        for (int i = 0; i < 60; i++)
        {
            int count = random.Next(12, history.Count);
            Assert.That(Chosen(sampler, space, history, count), Is.EqualTo(Chosen(Samplers[name].ForStudy(space), space, history, count)), $"view of {count}");
        }
    }

    [Test]
    public void The_good_trials_of_TPE_hold_no_pause_of_a_trial_that_went_on()
    {
        var space = new StudySpace("s", [Direction.Minimize], 4);
        TrialHistory history = History(space, 20, static _ => true, later: 2);
        for (int count = 1; count <= history.Count; count++)
        {
            var view = new TrialView(history, count);
            int[] good = [.. new TpeSplit(space.Directions).Good(view, count)];
            Assert.That(good.Select(place => view.Numbers[place]), Is.Unique);
        }

        Assert.That(new TrialView(history, history.Count).IsUsable(0), Is.False);
        Assert.That(new TrialView(history, 1).IsUsable(0), Is.True, "It had not gone on then.");
    }

    private static string[] Names() => [.. Samplers.Keys];

    /// <param name="space">Learns the parameters.</param>
    /// <param name="trials">How many trials finish.</param>
    /// <param name="pauses">Whether a trial paused.</param>
    /// <param name="later">How many others come between a pause and the end of its trial.</param>
    private static TrialHistory History(StudySpace space, int trials, Func<int, bool> pauses, int later)
    {
        space.Learn("x", Range);
        space.Learn("y", Range);
        var history = new TrialHistory(1);
        Queue<HistoryRow> waiting = [];
        for (int number = 0; number < trials; number++)
        {
            double x = new RandomStream(9, number, "x").NextDouble();
            double y = new RandomStream(9, number, "y").NextDouble();
            List<KeyValuePair<string, ParameterValue>> values = [new("x", new ParameterValue(x)), new("y", new ParameterValue(y))];
            var end = new HistoryRow(number, TrialState.Completed, [x + y], new TrialReport(3, x), values);
            if (pauses(number))
            {
                history.Add(new HistoryRow(number, TrialState.Pruned, [], new TrialReport(1, x), values), space);
                waiting.Enqueue(end);
            }
            else
            {
                history.Add(end, space);
            }

            while (waiting.Count > 0 && number >= waiting.Peek().Number + later)
            {
                history.Add(waiting.Dequeue(), space);
            }
        }

        while (waiting.Count > 0)
        {
            history.Add(waiting.Dequeue(), space);
        }

        return history;
    }

    /// <summary>What is chosen beside those that paused and run again.</summary>
    private static Dictionary<string, double> Chosen(StudySampler sampler, StudySpace space, TrialHistory history, int count)
    {
        var view = new TrialView(history, count);
        List<RunningTrial> running = [];
        for (int i = 0; i < count; i++)
        {
            if (view.States[i] == TrialState.Pruned && view.IsUsable(i) && view.Numbers[i] % 8 == 1)
            {
                running.Add(new RunningTrial(view.Numbers[i], new Dictionary<string, double> { ["x"] = view.Column("x")[i], ["y"] = view.Column("y")[i] }));
            }
        }

        var context = new SamplingContext(space, 1000, view, running);
        Dictionary<string, double> proposal = [];
        sampler.Propose(context, proposal);
        foreach (string name in new[] { "x", "y" })
        {
            proposal.TryAdd(name, sampler.Sample(context, name, Range));
        }

        return proposal;
    }
}
