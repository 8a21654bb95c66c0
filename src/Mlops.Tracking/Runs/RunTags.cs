namespace Mlops.Tracking;

/// <summary>Keys of tags that mean the same to this library, to MLflow and to its clients.</summary>
public static class RunTags
{
    /// <summary>A description for people.</summary>
    public const string Note = "mlflow.note.content";

    /// <summary>Who started the run.</summary>
    public const string User = "mlflow.user";

    /// <summary>The id of the run that this one belongs to; clients read nesting from it.</summary>
    public const string ParentRunId = "mlflow.parentRunId";

    /// <summary>The run's name: setting this tag renames the run.</summary>
    public const string Name = "mlflow.runName";

    /// <summary>What was run, for example the name of the program.</summary>
    public const string SourceName = "mlflow.source.name";

    /// <summary>What kind of source that is: LOCAL, NOTEBOOK, JOB, PROJECT or UNKNOWN.</summary>
    public const string SourceType = "mlflow.source.type";

    /// <summary>The commit of the source.</summary>
    public const string GitCommit = "mlflow.source.git.commit";

    /// <summary>The branch of the source.</summary>
    public const string GitBranch = "mlflow.source.git.branch";

    /// <summary>The repository of the source.</summary>
    public const string GitRepository = "mlflow.source.git.repoURL";
}
