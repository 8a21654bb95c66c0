using System.Text.Json;

namespace Mlops.Statistics.Tests;

internal sealed partial class GoldenTests
{
    private static IEnumerable<TestCaseData> Detectors() =>
        from item in GoldenFile.Array("streams")
        from expected in item.GetProperty("expected").EnumerateObject()
        select new TestCaseData(item, expected.Name, expected.Value)
            .SetName($"Golden stream {item.GetProperty("id").GetString()} {expected.Name}");

    [TestCaseSource(nameof(Detectors))]
    public void Golden_stream(JsonElement item, string name, JsonElement expected)
    {
        if (!Modes.TryGetValue(name, out Func<IChangeDetector>? create))
        {
            IgnoreWhenNotPorted(name);
            FailAsUnknown(name);
            return;
        }

        IChangeDetector detector = create();
        double[] stream = [.. item.GetProperty("segments").EnumerateArray().SelectMany(GoldenSample.Build)];
        List<int> changes = [], warnings = [];
        bool warned = false;
        for (int i = 0; i < stream.Length; i++)
        {
            ChangeSignal signal = detector.Update(stream[i]);
            if (signal == ChangeSignal.Change)
                changes.Add(i);
            bool warning = signal == ChangeSignal.Warning;
            if (warning && !warned)
                warnings.Add(i);
            warned = warning;
        }

        Assert.That(changes, Has.Count.EqualTo(expected.GetProperty("n_drift_events").GetInt32()));
        Assert.That(changes.Take(200), Is.EqualTo(expected.GetProperty("drift_indices").EnumerateArray().Select(v => v.GetInt32())));
        if (expected.TryGetProperty("warning_onset_indices", out JsonElement onsets) && onsets.GetArrayLength() > 0)
            Assert.That(warnings.Take(200), Is.EqualTo(onsets.EnumerateArray().Select(v => v.GetInt32())));
    }

    private static readonly Dictionary<string, Func<IChangeDetector>> Modes = new()
    {
        ["river.PageHinkley_both"] = () => new PageHinkley(),
        ["river.PageHinkley_up"] = () => new PageHinkley(direction: ChangeDirection.Up),
        ["river.PageHinkley_down"] = () => new PageHinkley(direction: ChangeDirection.Down),
        ["river.ADWIN"] = () => new Adwin(),
        ["river.ADWIN_delta0.05_clock1"] = () => new Adwin(0.05, 1),
        ["moa.ADWIN"] = () => new Adwin(mode: AdwinMode.Moa),
        ["river.DDM"] = () => new Ddm(),
        ["river.EDDM"] = () => new Eddm(),
        ["frouros.ECDDWT"] = () => new Ecdd(),
        ["river.RDDM"] = () => new Rddm(),
        ["river.HDDMA"] = () => new HddmA(),
        ["river.HDDMA_two_sided"] = () => new HddmA(direction: ChangeDirection.Both),
        ["river.HDDMW"] = () => new HddmW(),
        ["river.HDDMW_two_sided"] = () => new HddmW(direction: ChangeDirection.Both),
    };
}
