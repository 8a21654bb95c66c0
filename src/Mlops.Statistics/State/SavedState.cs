using System.Buffers;
using System.Buffers.Binary;

namespace Mlops.Statistics;

/// <summary>Version 1 of the binary form: magic, version, kind, then settings (checked on reading) and variables.</summary>
internal static class SavedState
{
    private const uint Magic = 0x4D43_4844;
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 6;

    public static byte[] Save<T>(T detector)
        where T : ISavedState
    {
        ArrayBufferWriter<byte> buffer = new(256);
        Span<byte> header = buffer.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = FormatVersion;
        header[5] = T.Kind;
        buffer.Advance(HeaderBytes);
        StateTransfer transfer = new(buffer);
        detector.Transfer(ref transfer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Restores all or nothing: what was there before stays when the state is refused.</summary>
    public static void Restore<T>(T detector, ReadOnlySpan<byte> state)
        where T : ISavedState
    {
        if (state.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(state) != Magic)
            throw new FormatException($"The {state.Length} bytes are no state that a detector or sequence of this library saved.");
        if (state[4] != FormatVersion)
            throw new FormatException($"The state has format version {state[4]}; this library reads version {FormatVersion}.");
        if (state[5] != T.Kind)
            throw new FormatException($"The state is of kind {state[5]}; {typeof(T).Name} has kind {T.Kind}.");
        byte[] before = Save(detector);
        try
        {
            Read(detector, state[HeaderBytes..]);
        }
        catch (FormatException)
        {
            Read(detector, before.AsSpan(HeaderBytes));
            throw;
        }
    }

    private static void Read<T>(T detector, ReadOnlySpan<byte> values)
        where T : ISavedState
    {
        StateTransfer transfer = new(values);
        detector.Transfer(ref transfer);
        transfer.EnsureEnd();
    }
}
