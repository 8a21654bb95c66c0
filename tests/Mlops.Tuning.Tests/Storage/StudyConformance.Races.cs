using Mlops.Storage;

namespace Mlops.Tuning.Tests;

/// <summary>Eight connections that share nothing but the database try the same at once.</summary>
public abstract partial class StudyConformance
{
    private const int Rivals = 8;

    [Test]
    public async Task Of_eight_connections_that_race_for_an_orphan_one_takes_it_over() => await RaceAsync(async studies =>
    {
        Trial orphan = await studies[0].AskAsync();
        for (int round = 2; round < 5; round++)
        {
            _clock.Advance(Lease);
            Trial[] asked = await AllAtOnceAsync(studies, study => study.AskAsync());

            // The others were given new trials, whose numbers nobody has twice.
            Assert.That(asked.Select(static trial => trial.Number), Is.Unique);
            Assert.That(asked.Where(trial => trial.Number == orphan.Number).Select(static trial => trial.Attempt), Is.EqualTo(new[] { round }));
            foreach (Trial trial in asked.Where(trial => trial.Number != orphan.Number))
            {
                await trial.Study.TellAsync(trial, 1);
            }
        }
    });

    [Test]
    public async Task Of_eight_connections_that_ask_with_one_key_all_get_one_trial_and_the_last_one_holds_it() => await RaceAsync(async studies =>
    {
        Trial[] asked = await AllAtOnceAsync(studies, static study => study.AskAsync("job"));
        Assert.That(asked.Select(static trial => trial.Number), Is.All.EqualTo(0));
        Assert.That(asked.Select(static trial => trial.Claim.Epoch), Is.Unique);

        bool[] told = await AllAtOnceAsync(asked, static async trial =>
        {
            try
            {
                await trial.Study.TellAsync(trial, trial.Attempt);
                return true;
            }
            catch (TrialLostException)
            {
                return false;
            }
        });

        Trial holder = asked.MaxBy(static trial => trial.Claim.Epoch)!;
        Assert.That(asked.Where((_, i) => told[i]), Is.EqualTo(new[] { holder }));
        Assert.That((await studies[0].FindTrialAsync(0))!.Value, Is.EqualTo(holder.Attempt));
    });

    [Test]
    public async Task Eight_connections_number_trials_and_finishes_without_gaps() => await RaceAsync(async studies =>
    {
        await AllAtOnceAsync(studies, static async study =>
        {
            for (int i = 0; i < 10; i++)
            {
                Trial trial = await study.AskAsync();
                await study.TellAsync(trial, trial.SuggestDouble("x", 0, 1));
            }

            return 0;
        });

        List<TrialRecord> trials = await AllAsync(studies[0]);
        Assert.That(trials.Select(static trial => trial.Number), Is.EqualTo(Enumerable.Range(0, 10 * Rivals)));
        Assert.That(trials.Select(static trial => trial.FinishSequence).Order(), Is.EqualTo(Enumerable.Range(1, 10 * Rivals)));
    });

    private async Task RaceAsync(Func<IReadOnlyList<Study>, Task> race)
    {
        List<Database> databases = [];
        try
        {
            List<Study> studies = [];
            for (int i = 0; i < Rivals; i++)
            {
                databases.Add(Create(_test));
                var opened = new Studies(databases[i], new TuningOptions { MaximumAttempts = 100 }, null, _time, _clock);
                _opened.Add(opened);
                studies.Add(await opened.OpenAsync("race", Direction.Minimize, new() { Sampler = new RandomSampler() }));
            }

            await race(studies);
        }
        finally
        {
            foreach (Studies studies in _opened)
            {
                await studies.DisposeAsync();
            }

            _opened.Clear();
            foreach (Database database in databases)
            {
                await database.DisposeAsync();
            }
        }
    }

    private static Task<TResult[]> AllAtOnceAsync<T, TResult>(IEnumerable<T> items, Func<T, Task<TResult>> action) =>
        Task.WhenAll(items.Select(item => Task.Run(() => action(item))));
}
