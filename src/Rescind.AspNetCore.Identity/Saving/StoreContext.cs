using System.Data.Common;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Rescind.AspNetCore.Identity.Diagnostics;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>The DbContext behind a store of users or roles.</summary>
internal static class StoreContext
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>
    /// The context that <paramref name="store"/> has in a property or field; null if the store is none of EF Core.
    /// </summary>
    public static DbContext? Of(object store)
    {
        var type = store.GetType();
        var property = type.GetProperties(Members)
            .FirstOrDefault(static property => property.CanRead && property.PropertyType.IsAssignableTo(typeof(DbContext)));
        var field = type.GetFields(Members).FirstOrDefault(static field => field.FieldType.IsAssignableTo(typeof(DbContext)));
        return (property is not null ? property.GetValue(store) : field?.GetValue(store)) as DbContext;
    }

    /// <summary>As <see cref="Of"/>; throws if the saves and transactions of that context cannot be followed.</summary>
    public static DbContext? FollowedOf(object store) => Of(store) switch
    {
        null => null,
        { } context when IsFollowed(context) => context,
        { } other => throw UserErrors.TransactionUnseen.ToException(
            $"The options of {other.GetType().Name} are made without the services of the application."),
    };

    /// <summary>Whether <paramref name="store"/> leaves it to the application to save.</summary>
    public static bool SavesLater(object store) => store.GetType().GetProperty("AutoSaveChanges")?.GetValue(store) is false;

    /// <summary>
    /// Whether <paramref name="entity"/> is what <paramref name="context"/> writes; a store may keep it as something else.
    /// </summary>
    public static bool Maps(DbContext context, object entity) =>
        context.Model.FindRuntimeEntityType(entity.GetType()) is not null;

    /// <summary>
    /// What the database has of <paramref name="entity"/>, in the transaction of the context; null if it has no such row.
    /// </summary>
    public static async Task<object?> StoredAsync(DbContext context, object entity) =>
        (await context.Entry(entity).GetDatabaseValuesAsync().ConfigureAwait(false))?.ToObject();

    /// <summary>
    /// What the database has under the key <paramref name="id"/>, in the transaction of the context; null if it has no such row.
    /// </summary>
    public static async Task<T?> StoredAsync<T>(DbContext context, object id)
        where T : class
    {
        if (context.Model.FindEntityType(typeof(T))?.FindPrimaryKey() is not { Properties: [{ Name: var key }] })
        {
            return null;
        }

        return await context.Set<T>().AsNoTracking().IgnoreQueryFilters().IgnoreAutoIncludes()
            .SingleOrDefaultAsync(row => EF.Property<object>(row, key).Equals(id)).ConfigureAwait(false);
    }

    /// <summary>
    /// Whether what <paramref name="store"/> does with <paramref name="entity"/> is seen when its context saves.
    /// </summary>
    public static bool IsSeen(object store, object entity) =>
        Of(store) is { } context && IsFollowed(context) && Maps(context, entity);

    /// <summary>The transaction that <paramref name="context"/> is in; null for none.</summary>
    public static DbTransaction? TransactionOf(DbContext context) =>
        context.Database.IsRelational() ? context.Database.CurrentTransaction?.GetDbTransaction() : null;

    /// <summary>
    /// Whether the application has interceptors of its own, which may change what a save writes after ours was asked.
    /// </summary>
    public static bool HasOtherInterceptors(DbContext context) =>
        InterceptorsOf(context).Any(static interceptor => interceptor is ISaveChangesInterceptor and not SaveFollower);

    private static bool IsFollowed(DbContext context) =>
        InterceptorsOf(context).OfType<SaveFollower>().Any();

    private static IEnumerable<IInterceptor> InterceptorsOf(DbContext context) =>
        context.GetService<IDbContextOptions>().FindExtension<CoreOptionsExtension>()?.Interceptors ?? [];
}
