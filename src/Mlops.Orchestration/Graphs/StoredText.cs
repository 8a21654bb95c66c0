using System.Text;

namespace Mlops.Orchestration;

/// <summary>Text that both engines store alike: no U+0000, no lone surrogates.</summary>
internal static class StoredText
{
    private const int MaximumErrorLength = 2_000;

    public static bool IsStorable(string text)
    {
        int index = 0;
        while (index < text.Length)
        {
            if (!Rune.TryGetRuneAt(text, index, out Rune rune) || rune.Value == 0)
            {
                return false;
            }

            index += rune.Utf16SequenceLength;
        }

        return true;
    }

    /// <summary>Type and message of an exception, cut to 2 000 characters. No stack and no data: they may carry what must not be stored.</summary>
    public static string Describe(Exception exception) => Clean($"{exception.GetType()}: {exception.Message}");

    public static string Clean(string text)
    {
        var cleaned = new StringBuilder(Math.Min(text.Length, MaximumErrorLength));
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (cleaned.Length >= MaximumErrorLength)
            {
                break;
            }

            cleaned.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return cleaned.ToString();
    }
}
