namespace Mlops.Registry;

/// <summary>How the registry behaves. Section <c>Mlops:Registry</c>.</summary>
public sealed class RegistryOptions
{
    /// <summary>Who acts when a call does not say: 1 to 250 characters, default the name of the operating system's user.</summary>
    public string Actor { get; set; } = Environment.UserName is { Length: > 0 } user ? user : "unknown";

    /// <summary>
    /// How often a watched alias is read for changes by other processes, and the longest that what an alias means is taken from memory.
    /// 10 ms to 1 h, default 2 s.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether <c>GetAsync</c> and <c>FindAsync</c> may answer by alias from memory: at most <see cref="PollInterval"/> old, never older than a
    /// change made through the same object or noticed by a watch. Default true; a promotion reads the database in any case.
    /// </summary>
    public bool CacheAliases { get; set; } = true;

    /// <summary>The longest model that is read for its signature, which holds it in memory. 0 to 2 147 483 591 bytes, default 256 MiB.</summary>
    public int MaximumSignatureBytes { get; set; } = 256 * 1024 * 1024;
}
