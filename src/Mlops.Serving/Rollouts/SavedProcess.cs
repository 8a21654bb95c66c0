using Mlops.Statistics;

namespace Mlops.Serving;

/// <summary>A betting process in a saved state.</summary>
internal static class SavedProcess
{
    private const int Longest = 4096;   // many times what one takes

    public static void Write(BinaryWriter writer, MeanEProcess process)
    {
        byte[] state = process.SaveState();
        writer.Write(state.Length);
        writer.Write(state);
    }

    /// <exception cref="FormatException">It was about another mean or other limits, or is damaged.</exception>
    public static void Read(BinaryReader reader, MeanEProcess process)
    {
        int length = reader.ReadInt32();
        if (length is < 0 or > Longest)
            throw new FormatException($"A state of {length} bytes is none.");
        process.RestoreState(reader.ReadBytes(length));
    }
}
