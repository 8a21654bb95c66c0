using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    /// <summary>Creates a model, or creates a deleted one again, which goes on numbering.</summary>
    /// <exception cref="ModelExistsException">There is one of that name.</exception>
    public Task CreateModelAsync(NewModel model, CancellationToken cancellationToken) => WriteAsync(
        model,
        static (store, session, model) =>
        {
            if (FindModelRow(session, model.Name) is { IsDeleted: false })
            {
                throw new ModelExistsException(model.Name, isDeleted: false);
            }

            ModelRow row = store.Create(session, model) ?? throw new ModelExistsException(model.Name, isDeleted: false);
            return row.Key;
        },
        cancellationToken);

    public Task DescribeModelAsync(Change change, string? description, CancellationToken cancellationToken) => WriteAsync(
        (change, description),
        static (store, session, state) =>
        {
            ModelRow model = LockModel(session, state.change.Model);
            return session.Execute(
                "UPDATE registry_model SET description = @description, changed = @changed WHERE model = @model",
                ("@description", state.description), ("@changed", state.change.Time), ("@model", model.Key));
        },
        cancellationToken);

    public Task SetModelTagAsync(Change change, string key, string value, CancellationToken cancellationToken) => WriteAsync(
        (change, key, value),
        static (store, session, state) =>
        {
            ModelRow model = LockModel(session, state.change.Model);
            SetTag(session, model, state.key, state.value);
            TouchModel(session, model, state.change.Time);
            return true;
        },
        cancellationToken);

    public Task<bool> RemoveModelTagAsync(Change change, string key, CancellationToken cancellationToken) => WriteAsync(
        (change, key),
        static (store, session, state) =>
        {
            ModelRow model = LockModel(session, state.change.Model);
            bool removed = session.Execute(
                "DELETE FROM registry_model_tag WHERE model = @model AND name = @name", ("@model", model.Key), ("@name", state.key)) == 1;
            if (removed)
            {
                TouchModel(session, model, state.change.Time);
            }

            return removed;
        },
        cancellationToken);

    /// <summary>Renames a model; history, references and numbers hang on its key and stay.</summary>
    /// <exception cref="ModelExistsException">The new name is taken.</exception>
    public Task RenameModelAsync(Change change, string newName, CancellationToken cancellationToken) => WriteAsync(
        (change, newName),
        static (store, session, state) =>
        {
            ModelRow model = LockModel(session, state.change.Model);
            if (state.newName == model.Name)
            {
                return false;
            }

            bool? taken = session.QueryFirst(
                "SELECT deleted FROM registry_model WHERE name = @name", static row => (bool?)!row.IsDBNull(0), ("@name", state.newName));
            if (taken is { } isDeleted)
            {
                throw new ModelExistsException(state.newName, isDeleted);
            }

            try
            {
                session.Execute(
                    "UPDATE registry_model SET name = @name, changed = @changed WHERE model = @model",
                    ("@name", state.newName), ("@changed", state.change.Time), ("@model", model.Key));
            }
            catch (System.Data.Common.DbException exception) when (session.Dialect.IsUniqueViolation(exception))
            {
                // Created by another connection since the line before.
                throw new ModelExistsException(state.newName, isDeleted: false);
            }

            store.AddEvent(session, model, new RegistryEvent("registry.model.renamed", state.change.Actor, state.change.Time) { NewName = state.newName });
            return true;
        },
        cancellationToken);

    /// <summary>The model's row under its lock; created, or created again, when there is none.</summary>
    private ModelRow LockOrCreate(SqlSession session, NewModel model) =>
        FindModelRow(session, model.Name) is { IsDeleted: false } row
            ? row
            : Create(session, model) ?? LockModel(session, model.Name);

    /// <summary>Null when another connection was quicker.</summary>
    private ModelRow? Create(SqlSession session, NewModel model)
    {
        bool created = session.Execute(
            """
            INSERT INTO registry_model (name, description, actor, created, changed, last_number)
            VALUES (@name, @description, @actor, @created, @created, 0)
            ON CONFLICT (name) DO UPDATE SET
                description = excluded.description, actor = excluded.actor, created = excluded.created, changed = excluded.changed, deleted = NULL
            WHERE registry_model.deleted IS NOT NULL
            """,
            ("@name", model.Name), ("@description", model.Description), ("@actor", model.Actor), ("@created", model.Time)) == 1;
        if (!created)
        {
            return null;
        }

        ModelRow row = LockModel(session, model.Name);
        foreach ((string name, string value) in model.Tags)
        {
            SetTag(session, row, name, value);
        }

        AddEvent(session, row, new RegistryEvent("registry.model.created", model.Actor, model.Time));
        return row;
    }

    private static void SetTag(SqlSession session, ModelRow model, string name, string value) => session.Execute(
        """
        INSERT INTO registry_model_tag (model, name, value) VALUES (@model, @name, @value)
        ON CONFLICT (model, name) DO UPDATE SET value = excluded.value
        """,
        ("@model", model.Key), ("@name", name), ("@value", value));
}
