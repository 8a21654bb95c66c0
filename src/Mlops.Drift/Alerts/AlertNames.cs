using System.Globalization;

namespace Mlops.Drift;

/// <summary>
/// Names alerts by what is the same in a replay and new in a later life of the monitor: kind, model version, event time. A number in the
/// state alone would begin again once the state is lost, and the new alarm would be taken for the old one. Not thread-safe.
/// </summary>
internal sealed class AlertNames
{
    private const int VersionDigits = 8;

    // By kind: the latest event time that named an alert, and how many it named, whatever their version.
    private readonly long[] _ticks = Array.ConvertAll(AlertKinds.All, static _ => RowFacts.NoTime);
    private readonly long[] _counts = new long[AlertKinds.All.Length];

    /// <summary>For example <c>ridership/error/6a06a860/20240301T000000Z</c>; a further alert of the same kind and time ends in <c>/2</c>.</summary>
    public string Next(string monitor, AlertKind kind, string version, long nowTicks)
    {
        int slot = (int)kind;
        _counts[slot] = nowTicks == _ticks[slot] ? _counts[slot] + 1 : 1;
        _ticks[slot] = nowTicks;
        string start = version.Length > VersionDigits ? version[..VersionDigits] : version.Length > 0 ? version : "none";
        string time = new DateTime(nowTicks).ToString("yyyyMMdd'T'HHmmss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        string id = $"{monitor}/{AlertKinds.TagOf(kind)}/{start}/{time}";
        return _counts[slot] == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}/{_counts[slot]}");
    }

    public void Write(ref ByteWriter writer) => writer.Write([.. _ticks, .. _counts]);

    public void Read(ref ByteReader reader)
    {
        long[] numbers = reader.ReadInt64s();
        if (numbers.Length != _ticks.Length + _counts.Length)
            throw new DriftFormatException("Reading a monitor state: its alert times are damaged.");
        numbers.AsSpan(0, _ticks.Length).CopyTo(_ticks);
        numbers.AsSpan(_ticks.Length).CopyTo(_counts);
    }
}
