using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Tests.Tracking;

public sealed class TrialNamesTests
{
    [TestCase("learning_rate")]
    [TestCase("layers/0.width")]
    [TestCase("n_x0")]
    [TestCase("größe: α")]
    public void What_tracking_takes_stays_as_it_is(string name) => Assert.That(TrialNames.ToKey(name), Is.EqualTo(name));

    [TestCase("lr[0]", "lr_x005B_0_x005D_")]
    [TestCase("/a", "_x002F_a")]
    [TestCase(".", "_x002E_")]
    [TestCase("_x0028_", "_x005F_x0028_")]
    [TestCase("\U0001F600", "_xD83D__xDE00_")]
    public void What_it_does_not_take_is_written_by_its_code(string name, string key) => Assert.That(TrialNames.ToKey(name), Is.EqualTo(key));

    [Test]
    public void Different_names_stay_different()
    {
        // Everything that can be mistaken for an escape, up to the length of one: a collision needs seven characters.
        HashSet<string> keys = new(StringComparer.Ordinal);
        int names = 0;
        for (int length = 1; length <= 7; length++)
        {
            foreach (string name in Names(length))
            {
                names++;
                keys.Add(TrialNames.ToKey(name));
            }
        }

        Assert.That(keys, Has.Count.EqualTo(names));

        static IEnumerable<string> Names(int length) =>
            length == 0 ? [""] : Names(length - 1).SelectMany(static start => "_x028(".Select(next => start + next));
    }

    [Test]
    public void Long_names_are_cut_and_stay_different()
    {
        string one = new string('%', 249) + "a", other = new string('%', 249) + "b";

        Assert.That(TrialNames.ToKey(one), Has.Length.EqualTo(250));
        Assert.That(TrialNames.ToKey(one), Is.Not.EqualTo(TrialNames.ToKey(other)));
    }

    [Test]
    public async Task Tracking_takes_every_name()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-names-").FullName;
        try
        {
            await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");
            using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
            await using Run run = await tracker.StartRunAsync(TrialNames.ToExperiment(" "));
            string[] odd = ["a", "/", "//", "..", "a/../b", "a/", "\U0001F600", new('/', 250), new string('x', 232) + "/" + new string('%', 17)];
            int named = 0;
            foreach (string name in Enumerable.Range(1, 0x2FF).Select(static code => $"n{(char)code}m").Concat(odd))
            {
                run.LogParameter(TrialNames.ToKey(name), named++);
            }

            await run.FlushAsync();
            Assert.That((await tracker.GetRunAsync(run.Id)).Parameters, Has.Count.EqualTo(named));

            string[] studies = ["\t", "\u00A0 ", "a\0b", string.Concat(Enumerable.Repeat("\n\U0001F600", 83))];
            foreach (string study in studies)
            {
                await using Run other = await tracker.StartRunAsync(TrialNames.ToExperiment(study));
                Assert.That(other.Experiment, Has.Length.LessThanOrEqualTo(250), string.Create(CultureInfo.InvariantCulture, $"{study.Length} characters"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
