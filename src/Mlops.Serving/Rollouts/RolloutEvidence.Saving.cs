using System.IO.Hashing;
using System.Text;

namespace Mlops.Serving;

// What has been shown so far, so that a restart goes on with it instead of spending alpha anew.
internal sealed partial class RolloutEvidence
{
    private const byte Format = 1;
    private const int MostSavedKeys = 1_000_000;   // 9 bytes each
    private long _changes;

    /// <summary>Goes up with every key that was counted, so that what has not changed need not be saved again.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>Which of the saves this one goes on from, 0 for none.</summary>
    public long Saved { get; private set; }

    /// <summary>Of the version that a restored one compares the candidate with; <c>null</c> where it began in this process.</summary>
    public string? StableDigest { get; private init; }

    /// <summary>
    /// The evidence in a versioned binary form: figures, and hashes of the keys that were counted, which must not be counted again. Predictions that wait for
    /// their outcome are left out; their keys count by a later one. Empty when the keys are too many to be kept.
    /// </summary>
    /// <param name="stableDigest">Of the version that the candidate was compared with.</param>
    public byte[] Save(string stableDigest)
    {
        lock (_lock)
        {
            var marks = new Dictionary<ulong, byte>();
            KeySample[] samples = Samples();
            for (int i = 0; i < samples.Length; i++)
                foreach (ulong key in samples[i].Keys)
                    marks[key] = (byte)(marks.GetValueOrDefault(key) | (1 << i));
            if (marks.Count > MostSavedKeys)
                return [];

            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream, Encoding.UTF8);
            writer.Write(Format);
            writer.Write(stableDigest);
            writer.Write(Saved + 1);
            foreach (KeySample sample in samples)
                writer.Write((byte)sample.Halvings);
            writer.Write(marks.Count);
            foreach ((ulong key, byte mark) in marks)
            {
                writer.Write(key);
                writer.Write(mark);
            }

            _faults.Save(writer);
            foreach ((string name, IMeanComparison comparison) in All())
            {
                writer.Write(name);
                comparison.Save(writer);
            }

            writer.Flush();
            Saved++;
            return [.. stream.ToArray(), .. XxHash3.Hash(stream.GetBuffer().AsSpan(0, (int)stream.Length))];
        }
    }

    /// <summary>Goes on with what was saved. The first calls of this process meet cold caches again, so that times count after them.</summary>
    /// <param name="options">As they are now.</param>
    /// <param name="time">Clock.</param>
    /// <param name="startedAt">When the rollout began.</param>
    /// <param name="saved">From <see cref="Save"/>.</param>
    /// <param name="stableDigest">Of the version that the candidate is compared with now.</param>
    /// <returns><c>null</c> when it is about another stable version or other metrics and margins, or cannot be read.</returns>
    public static RolloutEvidence? Restore(RolloutOptions options, TimeProvider time, DateTimeOffset startedAt, ReadOnlyMemory<byte> saved, string stableDigest)
    {
        int length = saved.Length - sizeof(ulong);
        if (length < 0 || !XxHash3.Hash(saved.Span[..length]).AsSpan().SequenceEqual(saved.Span[length..]))
            return null;

        var evidence = new RolloutEvidence(options, time, startedAt) { StableDigest = stableDigest };
        using var reader = new BinaryReader(new MemoryStream(saved[..length].ToArray()), Encoding.UTF8);
        try
        {
            return evidence.TryRestore(reader, stableDigest) ? evidence : null;
        }
        catch (Exception exception) when (exception is IOException or FormatException)
        {
            return null;
        }
    }

    private bool TryRestore(BinaryReader reader, string stableDigest)
    {
        if (reader.ReadByte() != Format || reader.ReadString() != stableDigest)
            return false;

        Saved = reader.ReadInt64();
        KeySample[] samples = Samples();
        foreach (KeySample sample in samples)
            if (!sample.TryBeginWith(reader.ReadByte()))
                return false;
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            ulong key = reader.ReadUInt64();
            byte mark = reader.ReadByte();
            for (int i = 0; i < samples.Length; i++)
                if ((mark & (1 << i)) != 0)
                    samples[i].TryAdd(key);
        }

        _faults.Restore(reader);
        foreach ((string name, IMeanComparison comparison) in All())
        {
            if (reader.ReadString() != name)
                return false;
            comparison.Restore(reader);
        }

        return reader.BaseStream.Position == reader.BaseStream.Length;
    }

    private KeySample[] Samples() => _outcomes is null ? [_called, _failed, _timed] : [_called, _failed, _timed, _outcomes.Keys];
}
