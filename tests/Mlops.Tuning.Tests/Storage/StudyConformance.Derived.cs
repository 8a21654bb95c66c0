namespace Mlops.Tuning.Tests;

/// <summary>What was chosen follows from the study's trials, in a search that was interrupted and afterwards.</summary>
public abstract partial class StudyConformance
{
    /// <summary>Nothing of a sampler is stored: it is a function of the trials that it sees.</summary>
    [TestCaseSource(nameof(LaggedSamplers))]
    public async Task A_search_that_is_resumed_goes_on_as_if_it_had_not_been_interrupted(string sampler)
    {
        int trials = sampler is "gp" or "auto" ? 21 : 45;
        StudyOptions options = Lagged(sampler);
        options.Determinism = null;
        Study whole = await NewProcess().OpenAsync("whole", Direction.Minimize, options);
        await whole.OptimizeAsync(Branches, new() { TotalTrials = trials });
        await NewProcess().OpenAsync("parts", Direction.Minimize, options);
        for (int part = 1; part <= 3; part++)
        {
            Study resumed = await NewProcess().GetAsync("parts", new() { Sampler = SamplerOf(sampler) });
            await resumed.OptimizeAsync(Branches, new() { TotalTrials = trials * part / 3 });
        }

        Assert.That(await ChosenAsync(await NewProcess().GetAsync("parts")), Is.EqualTo(await ChosenAsync(whole)));
    }

    /// <summary>
    /// What a trial saw is stored with it: its proposal follows from the study's trials, whoever was faster. There is one as soon as enough trials were seen to have
    /// an outcome, for the Gaussian process to have completed.
    /// </summary>
    [TestCase("tpe", 10)]
    [TestCase("cma-es", 1)]
    [TestCase("nsga-ii", 20)]
    [TestCase("regularized-evolution", 20)]
    [TestCase("cfo", 1)]
    [TestCase("gp", 10)]
    public async Task The_choices_of_a_parallel_run_can_be_derived_again(string sampler, int startup)
    {
        const int Known = 12;
        int total = sampler == "gp" ? 26 : 60;
        var options = new StudyOptions { Sampler = SamplerOf(sampler), Seed = 8 };
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, options);
        Study other = await NewProcess().OpenAsync("s", Direction.Minimize, options);
        await Task.WhenAll(new[] { study, other }.Select(process => process.OptimizeAsync(
            static async (trial, _) =>
            {
                double x = trial.SuggestDouble("x", -1, 1);
                double y = trial.SuggestDouble("y", -1, 1);
                await Task.Delay(trial.Number * 7 % 5, CancellationToken.None);
                if (trial.Number % 13 == 12)
                {
                    return double.NaN;
                }

                trial.Report(0, x * x);
                return trial.Number % 5 == 4 ? throw new TrialPrunedException() : (x * x) + (y * y);
            },
            new() { TotalTrials = total, Parallelism = 3 })));

        List<TrialRecord> trials = await AllAsync(study);
        Dictionary<long, string> proposals = (await _database.QueryAsync(
            "SELECT number, proposal FROM tuning_trial ORDER BY number", static row => (row.GetInt64(0), row.GetString(1)), default)).ToDictionary();
        foreach (TrialRecord trial in trials.Skip(Known))
        {
            var history = new TrialHistory(1);
            TrialRecord[] seen = [.. trials.Where(static other => other.FinishSequence > 0).OrderBy(static other => other.FinishSequence).Take((int)trial.Watermark)];
            Array.ForEach(seen, other => history.Add(new HistoryRow(other.Number, other.State, other.Values, other.LastReport, [.. other.Parameters]), study.Space));

            RunningTrial[] running = [.. trials.Where(other => other.Number < trial.Number && other.FinishSequence > trial.Watermark)
                .Select(other => new RunningTrial(other.Number, ParameterJson.Read(proposals[other.Number]).ToDictionary(static value => value.Key, static value => value.Value.Number)))];
            Dictionary<string, double> proposal = new(StringComparer.Ordinal);
            SamplerOf(sampler).ForStudy(study.Space).Propose(new SamplingContext(study.Space, trial.Number, new TrialView(history, history.Count), running), proposal);
            Assert.That(ParameterJson.Write(proposal.Select(static value => KeyValuePair.Create(value.Key, new ParameterValue(value.Value)))), Is.EqualTo(proposals[trial.Number]), $"trial {trial.Number}");
            Assert.That(proposal, Has.Count.EqualTo(seen.Count(HasOutcome) >= startup ? 2 : 0), $"trial {trial.Number}");
        }

        Assert.That(proposals[total - 1], Is.Not.EqualTo(ParameterJson.Empty), "The last one saw enough.");
        Assert.That(trials.Select(static trial => trial.State).Distinct(), Is.EquivalentTo(new[] { TrialState.Completed, TrialState.Pruned, TrialState.Failed }));

        bool HasOutcome(TrialRecord seen) => seen.State == TrialState.Completed || (seen.State == TrialState.Pruned && sampler != "gp");
    }
}
