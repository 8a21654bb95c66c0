using System.Buffers;
using System.Security.Cryptography;
using Mlops.Storage;

namespace Mlops.Drift;

public partial class DriftMonitor
{
    private const int StateMagic = 0x5346_4C4D; // "MLFS"
    private const int StateVersion = 4;

    /// <summary>
    /// Writes everything the monitor knows except the profiles, which it names by digest. A monitor that restores it goes on
    /// exactly as this one: same reports, same alerts, bit for bit. Take it between evaluations.
    /// </summary>
    public void SaveState(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArrayBufferWriter<byte> body = new(4_096);
        ByteWriter writer = new(body);
        lock (_gate)
        {
            Drain();
            writer.Write(StateMagic);
            writer.Write(StateVersion);
            SchemaFormat.Write(ref writer, Schema);
            writer.Write([_buffer.DroppedRows, _buffer.DroppedLabels, Interlocked.Read(ref _failedRows), Interlocked.Read(ref _malformedRows), Interlocked.Read(ref _futureRows)]);
            _engine.Write(ref writer);
            _hub.Write(ref writer);
        }

        Span<byte> hash = stackalloc byte[ContentHash.Length];
        SHA256.HashData(body.WrittenSpan, hash);
        output.Write(body.WrittenSpan);
        output.Write(hash);
    }

    /// <summary>The state as one array.</summary>
    public byte[] SaveState()
    {
        ArrayBufferWriter<byte> buffer = new(4_096);
        SaveState(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Replaces what the monitor knows by a stored state. Profiles are taken from versions activated before, else from
    /// <paramref name="references"/>, else from <see cref="IReferenceSource"/> at the next evaluation.
    /// </summary>
    /// <param name="state">What <see cref="SaveState(IBufferWriter{byte})"/> wrote. Windows that have become smaller keep their latest rows.</param>
    /// <param name="references">Asked for the reference of each version in the state; may answer null.</param>
    /// <exception cref="DriftFormatException">
    /// The state is damaged, newer, of other columns, or a reference differs from the one it was saved with. The monitor is unchanged.
    /// </exception>
    public void RestoreState(ReadOnlySpan<byte> state, Func<string, ServedReference?>? references = null)
    {
        ByteReader reader = OpenState(state);
        lock (_gate)
        {
            Drain();
            MonitorEngine restored;
            long[] counts;
            List<DriftAlert> undelivered;
            try
            {
                DriftSchema schema = SchemaFormat.Read(ref reader);
                if (Schema.DifferenceFrom(schema) is { } difference)
                    throw new DriftFormatException($"Restoring monitor '{Name}': the state was saved with other columns; {difference}. Discard the state or restore the schema.");
                counts = reader.ReadInt64s();
                restored = MonitorEngine.Read(ref reader, Schema, _options);
                undelivered = AlertHub.Read(ref reader);
                if (counts.Length != 5 || !reader.IsAtEnd)
                    throw new DriftFormatException($"Restoring monitor '{Name}': the state is damaged.");
            }
            catch (Exception exception) when (exception is ArgumentException or OverflowException)
            {
                throw new DriftFormatException($"Restoring monitor '{Name}': {exception.Message}", exception);
            }

            foreach (WatchedVersion version in restored.Versions)
                FindReference(version, references);
            _engine = restored;
            if (!_isHeld)
                ResetCounts();
            _buffer.Continue(counts[0], counts[1]);
            Interlocked.Add(ref _failedRows, counts[2]);
            Interlocked.Add(ref _malformedRows, counts[3]);
            Interlocked.Add(ref _futureRows, counts[4]);
            _hub.Restore(undelivered);
            _lastReport = null;
        }
    }

    /// <summary>Lets rows and labels wait in the buffer until <see cref="Resume"/>, because what was known before them is not known yet.</summary>
    internal void Hold()
    {
        lock (_gate)
            _isHeld = true;
    }

    /// <summary>Takes in what has waited: after the stored state if there is one, and for the version that is live now.</summary>
    /// <exception cref="DriftFormatException">The state is of no use; what has waited is taken in without it.</exception>
    internal void Resume(byte[]? state = null, Func<string, ServedReference?>? references = null)
    {
        lock (_gate)
        {
            WatchedVersion live = _engine.Active;
            try
            {
                if (state is null)
                    return;
                RestoreState(state, references);
                if (live.PublicDigest is { } digest)
                    Activate(digest, live.Reference);
            }
            finally
            {
                _isHeld = false;
                Drain();
            }
        }
    }

    private void ResetCounts()
    {
        _buffer.ResetCounts();
        Interlocked.Exchange(ref _failedRows, 0);
        Interlocked.Exchange(ref _malformedRows, 0);
        Interlocked.Exchange(ref _futureRows, 0);
    }

    private ByteReader OpenState(ReadOnlySpan<byte> state)
    {
        if (state.Length < ContentHash.Length + (2 * sizeof(int)))
            throw new DriftFormatException($"Restoring monitor '{Name}': {state.Length} bytes are too few for a state. It is cut short.");
        ReadOnlySpan<byte> body = state[..^ContentHash.Length];
        ByteReader reader = new(body, "monitor state");
        if (reader.ReadInt32() != StateMagic)
            throw new DriftFormatException($"Restoring monitor '{Name}': the bytes do not start as a state.");
        int version = reader.ReadInt32();
        if (version != StateVersion)
        {
            string remedy = version > StateVersion ? "Update Mlops.Drift." : "Discard the state: the monitor starts afresh.";
            throw new DriftFormatException($"Restoring monitor '{Name}': the state has format version {version}, this library reads version {StateVersion}. {remedy}");
        }

        return ContentHash.Of(body) == new ContentHash(state[^ContentHash.Length..])
            ? reader
            : throw new DriftFormatException($"Restoring monitor '{Name}': the state's checksum does not match. It is damaged or cut short.");
    }

    private void FindReference(WatchedVersion version, Func<string, ServedReference?>? references)
    {
        WatchedVersion? known = _engine.Find(version.Digest);
        ServedReference? found = known?.Profile is not null ? known.Reference : references?.Invoke(version.Digest);
        if (found is null)
            return;
        if (DifferenceFrom(found) is var (what, difference))
            throw new DriftFormatException($"Restoring monitor '{Name}': the {what} of version '{version.Digest}' has other columns; {difference}.");
        RequireExpected(version, found.Profile);

        // The state's own baseline stays: its detector of changes has begun with it.
        version.SetReference(found with { ErrorBaseline = null });
    }

    private void RequireExpected(WatchedVersion version, ReferenceProfile? profile)
    {
        if (profile is not null && version.ExpectedProfile is { } expected && profile.Digest.ToString() != expected)
        {
            throw new DriftFormatException(
                $"Restoring monitor '{Name}': the state of version '{version.Digest}' was saved with profile {expected}, now {profile.Digest} is given. "
                + "Give the same profile, or activate the new one after restoring.");
        }
    }
}
