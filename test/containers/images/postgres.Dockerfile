# Stands in for the official image `postgres`.
FROM scratch
COPY root /
ENV PATH=/usr/local/pgsql/bin:/usr/local/bin:/bin PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["postgres-entrypoint.sh"]
CMD ["postgres"]
