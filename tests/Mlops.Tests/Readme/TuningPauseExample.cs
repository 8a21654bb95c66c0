// given: begin
using Mlops.Storage.Sqlite;
using Mlops.Tuning;
// given: end

namespace Mlops.Tests.Readme.TuningPause;

/// <summary>A trial that pauses and goes on from its checkpoint.</summary>
[TestFixture]
public sealed class TuningPauseExample : ReadmeExample
{
    [Test]
    public async Task A_trial_that_was_paused_goes_on_after_its_last_step()
    {
        // given: begin
        await using var database = new SqliteDatabase("Data Source=tuning.db");
        await using var studies = new Studies(database);
        Study study = await studies.OpenAsync("epochs", Direction.Minimize, new() { Pruner = new SuccessiveHalvingPruner { Pauses = true } });
        Trial trial = await study.AskAsync();
        double Train(int epoch) => 1.0 / (epoch + 1);
        byte[] Weights() => [1, 2, 3];
        static void Load(ReadOnlyMemory<byte> weights) => Assert.That(weights.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        // given: end

        await trial.SaveCheckpointAsync(70, Weights());
        trial.Report(70, Train(70));
        await study.PauseAsync(trial);
        trial = (await study.ResumeAsync(trial.Number))!;

        // readme: begin
        TrialCheckpoint? saved = await trial.FindCheckpointAsync();     // null for a fresh trial; also there when a crashed trial is taken over
        if (saved is not null)
        {
            Load(saved.Data);
        }

        for (int epoch = saved?.Step + 1 ?? 0; epoch < 81; epoch++)
        {
            trial.Report(epoch, Train(epoch));
            if (trial.Judge() == PruningVerdict.Pause)
            {
                await trial.SaveCheckpointAsync(epoch, Weights());
            }

            trial.ThrowIfPruned();
        }
        // readme: end

        await study.TellAsync(trial, Train(80));

        Assert.That((await study.GetReportsAsync(trial.Number)).Select(static report => report.Step), Is.EqualTo(Enumerable.Range(70, 11)));
    }
}
