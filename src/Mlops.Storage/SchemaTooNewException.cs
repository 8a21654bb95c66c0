namespace Mlops.Storage;

/// <summary>The database was changed by a newer version in a way that this version may not run on. Nothing was written.</summary>
public sealed class SchemaTooNewException : StorageException
{
    /// <summary>Creates the exception for one feature.</summary>
    public SchemaTooNewException(string feature, int codeVersion, int oldestCode)
        : base($"Opening the database: feature '{feature}' needs code of schema version {oldestCode} or newer, this process has {codeVersion}. "
            + "Update the package, or restore a backup made before the newer version ran.")
    {
        Feature = feature;
        CodeVersion = codeVersion;
        OldestCode = oldestCode;
    }

    /// <summary>The feature whose tables are newer, for example <c>tracking</c>.</summary>
    public string Feature { get; }

    /// <summary>The newest schema version this process knows.</summary>
    public int CodeVersion { get; }

    /// <summary>The oldest schema version whose code may still run.</summary>
    public int OldestCode { get; }
}
