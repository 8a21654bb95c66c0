using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A text whose <c>{lock}</c> is a row lock where several writers work at once, and nothing where one does. Kept as two texts, because connections
/// remember prepared statements by the text's identity.
/// </summary>
internal sealed class LockingSql(string text, string clause)
{
    /// <summary>Nobody removes the run <c>r</c> before this transaction ends; others may write to it.</summary>
    public const string KeepRun = " FOR KEY SHARE OF r";

    /// <summary>Nobody changes the row before this transaction ends.</summary>
    public const string Share = " FOR SHARE";

    /// <summary>Nobody else reads the row under a lock, or changes it, before this transaction ends.</summary>
    public const string Update = " FOR UPDATE";

    private readonly string _alone = text.Replace("{lock}", "", StringComparison.Ordinal);
    private readonly string _shared = text.Replace("{lock}", clause, StringComparison.Ordinal);

    public string For(SqlSession session) => session.Dialect.ForUpdate.Length == 0 ? _alone : _shared;
}
