using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>The parameters of <c>IN (...)</c>: few texts for any number of keys, so that they stay prepared.</summary>
internal static class KeyList
{
    /// <summary>Names and values for the keys, padded with 0, which is no key, to 1, 4, 16, 64, 256 or 1 024.</summary>
    public static (string Names, (string Name, SqlValue Value)[] Arguments) Of(List<long> keys)
    {
        int size = 1;
        while (size < keys.Count)
        {
            size *= 4;
        }

        var arguments = new (string Name, SqlValue Value)[size];
        for (int i = 0; i < size; i++)
        {
            arguments[i] = (string.Create(CultureInfo.InvariantCulture, $"@k{i}"), i < keys.Count ? keys[i] : 0);
        }

        return (string.Join(", ", arguments.Select(static argument => argument.Name)), arguments);
    }
}
