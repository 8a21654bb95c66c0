using System.Text;

namespace Mlops.Tuning;

/// <summary>
/// Hyperband's brackets: of B brackets, bracket b takes ceil(B factor^s / (s + 1)) of the trials, s = B - 1 - b, chosen by the CRC-32 of
/// <c>{study}_{number}</c>, as in Optuna. Immutable.
/// </summary>
internal sealed class Brackets
{
    /// <summary>The bracket of trials that are not divided.</summary>
    public const int None = -1;

    private readonly (int Minimum, int Maximum, int Factor) _settings;
    private readonly long _sum;

    // Of the text before the number.
    private readonly uint _prefix;

    public Brackets(string study, int minimum, int maximum, int factor)
    {
        _settings = (minimum, maximum, factor);
        int brackets = 1;
        for (double rung = (double)minimum * factor; rung <= maximum; rung *= factor)
        {
            brackets++;
        }

        Shares = [.. Enumerable.Range(0, brackets).Select(bracket => (long)Math.Ceiling(brackets * Math.Pow(factor, brackets - 1 - bracket) / (brackets - bracket)))];
        _sum = Shares.Sum();
        _prefix = Crc32(uint.MaxValue, Encoding.UTF8.GetBytes($"{study}_"));
    }

    /// <summary>The weights of the brackets, the one that prunes earliest first.</summary>
    public IReadOnlyList<long> Shares { get; }

    public bool AreOf(int minimum, int maximum, int factor) => _settings == (minimum, maximum, factor);

    public int Of(int number)
    {
        Span<byte> digits = stackalloc byte[11];
        _ = number.TryFormat(digits, out int length, provider: System.Globalization.CultureInfo.InvariantCulture);
        long place = ~Crc32(_prefix, digits[..length]) % _sum;
        int bracket = 0;
        while ((place -= Shares[bracket]) >= 0)
        {
            bracket++;
        }

        return bracket;
    }

    private static uint Crc32(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
            }
        }

        return crc;
    }
}
